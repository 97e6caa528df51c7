import { parseArgs } from 'node:util';
import { chooseCases, type StepCase } from '../step/cases.ts';
import { ProfileError } from './profileError.ts';

export const TOOLS = ['doctor', 'flame', 'heapprofiler'] as const;
export type Tool = (typeof TOOLS)[number];

export interface ProfileArguments {
  readonly tool: Tool;
  readonly workers: number;
  /** Training steps: the program must end by itself, for tools that are interrupted lose their reports. */
  readonly steps: number;
  /** For the whole command. */
  readonly limitSeconds: number;
  /** Folder with the IDX files; undefined: where the example looks by itself. */
  readonly data: string | undefined;
  /** A case of `bench step` that the flame picture is of; undefined: the MNIST example. */
  readonly stepCase: StepCase | undefined;
  /** Folder with profiles that are there already, for the flame picture; undefined: of a run. */
  readonly profiles: string | undefined;
  /** Folder for the report; undefined: a new one under `runs/clinic`. */
  readonly out: string | undefined;
}

export const USAGE = `usage: clinic:doctor | clinic:flame | clinic:heapprofiler, with these options:
  --workers N        compute threads of the MNIST example (default 2)
  --steps N          training steps (default 3000)
  --limit N          seconds after which everything is ended (default 180)
  --data FOLDER      the four IDX files of MNIST (default: $LOCKSTEP_DATA)
  --case TEXT        clinic:flame only: not the MNIST example but the case of \`bench step\` whose name holds TEXT
  --profiles FOLDER  clinic:flame only: draws what \`node --cpu-prof --cpu-prof-dir=FOLDER\` wrote, and runs nothing
  --out FOLDER       where the report goes (default: a new folder in runs/clinic)`;

/** Reads the command line; the first word is the tool. Throws ProfileError with the usage. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): ProfileArguments {
  try {
    const [tool, ...rest] = args;
    const { values } = parseArgs({
      // What follows a script's name in pnpm may come after a `--` of its own.
      args: rest.filter((word) => word !== '--'),
      options: {
        workers: { type: 'string', default: '2' },
        steps: { type: 'string', default: '3000' },
        limit: { type: 'string', default: '180' },
        data: { type: 'string' },
        case: { type: 'string' },
        profiles: { type: 'string' },
        out: { type: 'string' },
      },
    });
    if (values.profiles !== undefined && tool !== 'flame')
      throw new Error('--profiles: only clinic:flame draws those.');
    if (values.case !== undefined && tool !== 'flame') throw new Error('--case: only clinic:flame runs those.');
    if (values.case !== undefined && values.profiles !== undefined)
      throw new Error('--case and --profiles: expected one of them.');
    return {
      tool: knownTool(tool),
      workers: wholeNumber('workers', values.workers),
      steps: wholeNumber('steps', values.steps),
      limitSeconds: wholeNumber('limit', values.limit),
      // An empty variable is one that is not set.
      data: values.data ?? (env.LOCKSTEP_DATA === '' ? undefined : env.LOCKSTEP_DATA),
      stepCase: values.case === undefined ? undefined : oneCase(values.case),
      profiles: values.profiles,
      out: values.out,
    };
  } catch (error) {
    throw new ProfileError(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

function knownTool(name: string | undefined): Tool {
  const tool = TOOLS.find((known) => known === name);
  if (tool === undefined) throw new Error(`Expected one of ${TOOLS.join(', ')}, received '${name ?? ''}'.`);
  return tool;
}

function oneCase(text: string): StepCase {
  const found = chooseCases({ cases: [text], quick: false });
  if (found.length === 1) return found[0];
  throw new Error(`--case: '${text}' is in several names: ${found.map(({ name }) => name).join('; ')}.`);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${option}: expected a whole number of at least 1, received '${text}'.`);
}
