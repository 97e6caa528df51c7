import { Command, Option } from 'commander';
import { exitCodeOf } from './failure.ts';
import {
  parseAssignment,
  parseColumnType,
  parseLearningRate,
  parsePositiveInteger,
  parseSeconds,
  parseSeed,
  parseWorkers,
  collect,
  type ConvertFlags,
  type TrainFlags,
  type VerifyFlags,
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
    .option('--max-time <seconds>', 'ends the run then, between two steps; --resume goes on', parseSeconds)
    .option('--checkpoint-every <steps>', 'steps between checkpoints (default: every 10 minutes)', parsePositiveInteger)
    .option('--no-checkpoint', 'no checkpoints: what is interrupted begins again')
    .option('--out <dir>', 'run directory (default: runs/<config>-<UTC time>)')
    .option(
      '--resume [from]',
      'goes on with a run directory, or begins a new one from a checkpoint file; without a value: with what --out names, if it holds a run',
    )
    .option('--json', 'JSON lines on stdout, and nothing else')
    .option('--no-progress', 'no progress on stderr')
    .addHelpText('after', TRAIN_HELP)
    .action(async (config: string, flags: TrainFlags) => {
      const { train } = await import('./train/train.ts');
      finish(await train(config, flags));
    });

  program
    .command('verify')
    .description('compute parts of a run again, and compare the SHA-256 of the weights with what it recorded')
    .argument('<run>', 'a run directory; nothing is written there')
    .option('--steps <n>', 'first steps to compute again (default: up to the first hash)', parsePositiveInteger)
    .option(
      '--workers <n>',
      'threads to compare with one thread (default: all cores, 2 at least)',
      parsePositiveInteger,
    )
    .option('--config <file>', 'the config file, where it is no longer at its place')
    .option('--json', 'one JSON object')
    .addHelpText('after', VERIFY_HELP)
    .action(async (directory: string, flags: VerifyFlags) => {
      const { verify } = await import('./verify/verify.ts');
      finish(await verify(directory, flags));
    });

  program
    .command('inspect')
    .description(
      'describe an Arrow or Parquet file, converted data, a saved model, a checkpoint, a config file or a run directory',
    )
    .argument('<path>', 'data.arrow, data.parquet, a folder of convert, model.safetensors, config.ts or runs/digits')
    .option('--json', 'one JSON object')
    .option('--checksums', 'of converted data: read all of it, and compare')
    .option('--statistics', 'of an Arrow file: read all of its numbers (converted data has them in its index)')
    .action(async (path: string, flags: { json?: boolean; checksums?: boolean; statistics?: boolean }) => {
      const { inspect } = await import('./inspect/inspect.ts');
      process.stdout.write(await inspect(path, flags.json === true, flags));
    });

  program
    .command('convert')
    .description('convert a table into a folder of Arrow files with statistics and checksums')
    .usage('[options] <file...> <folder>')
    .argument(
      '<path...>',
      'data.csv, .tsv, .jsonl, .npy, .npz or …-idx3-ubyte; .parquet and .arrow also several, or a pattern; last, a folder that does not exist yet',
    )
    .addOption(
      new Option('--format <name>', 'where the name does not say it').choices([
        ...['csv', 'jsonl', 'parquet', 'arrow', 'npy', 'npz', 'idx'],
      ]),
    )
    .option('--no-header', 'CSV: the first row is not the names of the columns')
    .option('--separator <character>', "CSV: what stands between fields, or 'tab' (default: a comma)")
    .option(
      '--type <column=type>',
      'of texts, instead of the inferred one: float32, float64, bool, category, int8 to uint64; of all formats: skip (repeatable)',
      collect(parseColumnType),
    )
    .option('--column <name>', 'Parquet, Arrow and NPZ: convert these columns alone (repeatable)', collect(String))
    .addOption(
      new Option('--on-bad-row <what>', 'rows that cannot be read (default: error)').choices(['error', 'skip']),
    )
    .option('--labels <file>', 'NPY and IDX: the file of the labels, NPZ: the array; they become the column `label`')
    .addOption(
      new Option(
        '--parquet-reader <name>',
        'auto: DuckDB where it is installed, else hyparquet; the result is the same',
      ).choices([...['auto', 'duckdb', 'hyparquet']]),
    )
    .option('--shard-mib <n>', 'MiB of values in a file (default: 256)', parsePositiveInteger)
    .option('--json', 'the index as one JSON object on stdout, and no progress')
    .option('--no-progress', 'no progress on stderr')
    .addHelpText('after', CONVERT_HELP)
    .action(async (paths: readonly string[], flags: ConvertFlags, command: Command) => {
      if (paths.length < 2) command.error("error: missing required argument 'folder'", { exitCode: 2 });
      const { convert } = await import('./convert/convert.ts');
      finish(await convert(paths.slice(0, -1), paths[paths.length - 1], flags));
    });

  return program;
}

const TRAIN_HELP = `
The run directory gets manifest.json, metrics.jsonl (a line an event),
checkpoints/ and model.safetensors. Ctrl-C stops after the step in progress, with
a checkpoint; a second one stops at once. Whatever ended a run, it goes on to the
same weights:

  lockstep train digits.config.ts --out runs/a            begins
  lockstep train digits.config.ts --resume runs/a         goes on, with the flags
                                                          it had; give others anew
  lockstep train digits.config.ts --out runs/a --resume   begins or goes on: can be
                                                          started again and again

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 and 143 stopped by SIGINT and
SIGTERM.`;

const VERIFY_HELP = `
Computes the first steps with one thread and with several, and the last ones from
the checkpoint before them. Exit codes: 0 all that was compared agrees, 1
something differs or could not be read, 2 wrong usage.`;

const CONVERT_HELP = `
The folder appears when all is converted. Ctrl-C removes what there is of it.

  lockstep convert houses.csv data/houses --type id=skip
  lockstep convert 'day-*.parquet' data/days --column price --column city
  lockstep convert images.npz data/images --labels y

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 and 143 stopped by SIGINT and
SIGTERM.`;
