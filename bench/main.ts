import { printGemm } from './gemm/print.ts';
import { benchGemm } from './gemm/run.ts';
import { readOptions } from './harness/options.ts';
import { printSteps } from './step/print.ts';
import { benchSteps } from './step/run.ts';

const options = readOptions(process.argv.slice(2));
if (options.parts.includes('gemm')) console.log(printGemm(await benchGemm(options)));
if (options.parts.includes('step')) console.log(printSteps(await benchSteps(options)));
