import { Command } from 'commander';
import { exitCodeOf } from './failure.ts';
import {
  parseAssignment,
  parseLearningRate,
  parsePositiveInteger,
  parseSeed,
  parseWorkers,
  collect,
  type TrainFlags,
} from './flags.ts';
import { version } from './version.ts';

/** Runs the command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 or 143 stopped by a signal. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => (exitCode = code));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** What a command does is imported when it is called: `--help` loads neither kernels nor datasets. */
function createProgram(finish: (exitCode: number) => void): Command {
  const program = new Command('lockstep')
    .description('Trains neural networks on every CPU core, with the same weights on any number of them.')
    .version(version())
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false });

  program
    .command('train')
    .description('train the model of a config file')
    .argument('<config>', 'a module whose default export is made by defineConfig (.ts or .js)')
    .option('--epochs <n>', 'passes over the data', parsePositiveInteger)
    .option('--batch-size <n>', 'rows a step', parsePositiveInteger)
    .option('--learning-rate <x>', "the optimizer's step size", parseLearningRate)
    .option('--workers <n|auto>', 'compute threads; never changes the result', parseWorkers)
    .option('--seed <n>', 'of the initial weights, which start afresh, and of the shuffle', parseSeed)
    .option('--max-steps <n>', 'training steps of the whole run at most', parsePositiveInteger)
    .option(
      '--set <path=value>',
      'any other option, e.g. fit.optimizer.beta1=0.8 (repeatable)',
      collect(parseAssignment),
    )
    .option('--out <dir>', 'run directory (default: runs/<config>-<UTC time>)')
    .option('--json', 'JSON lines on stdout, and nothing else')
    .option('--no-progress', 'no progress on stderr')
    .action(async (config: string, flags: TrainFlags) => {
      const { train } = await import('./train/train.ts');
      finish(await train(config, flags));
    });

  program
    .command('inspect')
    .description('describe an Arrow file, a saved model or a config file')
    .argument('<file>', 'data.arrow, model.safetensors or config.ts')
    .option('--json', 'one JSON object')
    .action(async (file: string, flags: { json?: boolean }) => {
      const { inspect } = await import('./inspect/inspect.ts');
      process.stdout.write(await inspect(file, flags.json === true));
    });

  return program;
}
