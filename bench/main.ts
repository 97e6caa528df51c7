/** `pnpm bench`: measures, prints one table for each part, and writes one JSON file when asked. See harness/options.ts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { printAccuracy } from './accuracy/print.ts';
import { benchAccuracy } from './accuracy/run.ts';
import { printGemm } from './gemm/print.ts';
import { benchGemm } from './gemm/run.ts';
import { describeMachine } from './harness/machine.ts';
import { type BenchOptions, type Part, readOptions, USAGE } from './harness/options.ts';
import { printLoader } from './loader/print.ts';
import { benchLoader } from './loader/run.ts';
import { printMemory } from './memory/print.ts';
import { benchMemory } from './memory/run.ts';
import { type BenchResults, RESULTS_FORMAT } from './results.ts';
import { printScaling } from './scaling/print.ts';
import { benchScaling } from './scaling/run.ts';
import { printStartup } from './startup/print.ts';
import { benchStartup } from './startup/run.ts';
import { printSteps } from './step/print.ts';
import { benchSteps } from './step/run.ts';

async function bench(options: BenchOptions, args: readonly string[]): Promise<BenchResults> {
  const begin = performance.now();
  const date = new Date().toISOString();
  const machine = describeMachine();
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n${machine.kernels}`);

  /** Each table as soon as its part is done. */
  const part = async <Result>(
    name: Part,
    run: () => Promise<Result>,
    print: (result: Result) => string,
  ): Promise<Result | null> => {
    if (!options.parts.includes(name)) return null;
    const result = await run();
    console.log(print(result));
    return result;
  };
  const gemm = await part('gemm', () => benchGemm(options), printGemm);
  const step = await part('step', () => benchSteps(options), printSteps);
  const accuracy = await part('accuracy', () => benchAccuracy(options), printAccuracy);
  const startup = await part('startup', () => benchStartup(options), printStartup);
  const memory = await part('memory', () => benchMemory(options, step), printMemory);
  const scaling = await part('scaling', () => benchScaling(options), printScaling);
  const loader = await part('loader', () => benchLoader(options), printLoader);
  return {
    format: RESULTS_FORMAT,
    date,
    command: ['npx -y pnpm@12 bench', ...args].join(' '),
    seconds: Math.round((performance.now() - begin) / 1e3),
    rounds: options.rounds,
    machine,
    gemm,
    step,
    accuracy,
    startup,
    memory,
    scaling,
    loader,
  };
}

/** As the repository's formatter writes JSON: lists of numbers on one line. */
function format(results: BenchResults): string {
  const text = JSON.stringify(results, null, 2);
  return `${text.replace(/\[[\d\s.,e+-]+\]/g, (list) => JSON.stringify(JSON.parse(list)).replaceAll(',', ', '))}\n`;
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else {
  const options = readOptions(args);
  const results = await bench(options, args);
  console.log(`\n${results.seconds} seconds`);
  if (options.json !== null) {
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, format(results));
  }
}
