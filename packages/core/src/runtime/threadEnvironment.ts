import { delimiter } from 'node:path';

/** What clinic's doctor and bubbleprof preload by bare names, which they resolve through NODE_PATH. */
const BARE_PRELOADS: ReadonlySet<string> = new Set(['no-cluster.js', 'sampler.js', 'logger.js', 'detect-port.js']);

/** The folder of clinic's preloads, as an entry of NODE_PATH; the heap profiler names a file in it by its full path. */
const CLINIC_FOLDER = /[\\/]@clinic[\\/][\w-]+[\\/](?:src[\\/])?injects$/;

/**
 * Settings of the whole process, from Node 22, 24 and 26. They hold for threads anyway, but Node refuses to start a
 * thread whose NODE_OPTIONS differs from the process's and names one of them ("is not allowed in NODE_OPTIONS").
 */
const PROCESS_OPTION = new RegExp(
  `^--(?:no-)?(?:${[
    'trace-event-categories|trace-event-file-pattern|trace-events-enabled|trace-sigint|title|v8-pool-size',
    'use-(?:bundled|openssl|system)-ca|openssl-(?:config|legacy-provider|shared-config)|tls-cipher-list',
    '(?:enable|force)-fips|enable-fips-indicator-events|secure-heap|secure-heap-min|disable-proto|icu-data-dir',
    'report-(?:compact|dir|directory|filename|on-fatalerror)|snapshot-blob|node-snapshot|use-largepages',
    'debug-arraybuffer-allocations|zero-fill-buffers|node-memory-debug|disable-wasm-trap-handler|prof-process',
  ].join('|')})(?:=|$)`,
);

/**
 * The environment of worker threads, when it must differ from the process's; undefined when they may inherit it.
 *
 * clinic measures a program through preloads that it writes into NODE_OPTIONS, and Node loads those in every thread.
 * Each thread then samples the same process and writes to the same file, which nothing can read afterwards
 * ("Decoded message is not valid"). So threads start without clinic's preloads, and with everything else: an option
 * such as `--cpu-prof` is meant for them too.
 */
export function threadEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv | undefined {
  const nodePath = env.NODE_PATH?.split(delimiter) ?? [];
  const bareNames = nodePath.some((folder) => CLINIC_FOLDER.test(folder));
  const options = splitOptions(env.NODE_OPTIONS ?? '');
  const others = options.filter((option) => !isClinicPreload(option, bareNames));
  if (others.length === options.length) return undefined;
  const kept = others.filter(({ words }) => !PROCESS_OPTION.test(words[0]));
  return { ...env, NODE_OPTIONS: kept.map(({ text }) => text).join(' ') };
}

interface NodeOption {
  /** As it was written, with its quotes. */
  readonly text: string;
  /** The option and its value, if that is a word of its own, without quotes. */
  readonly words: readonly string[];
}

/** `-r x`, `--require x` and `--require=x`, where x is one of clinic's. */
function isClinicPreload({ words: [name, next] }: NodeOption, bareNames: boolean): boolean {
  const file = /^--require=(.*)$/s.exec(name)?.[1] ?? (name === '-r' || name === '--require' ? next : undefined);
  if (file === undefined) return false;
  const end = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'));
  return end < 0 ? bareNames && BARE_PRELOADS.has(file) : CLINIC_FOLDER.test(file.slice(0, end));
}

/**
 * Splits as Node does: at spaces outside of double quotes, in which a backslash keeps the next character. NODE_OPTIONS
 * has no arguments beside options, so a word without a dash is the value of the option before it.
 */
function splitOptions(text: string): NodeOption[] {
  const options: NodeOption[] = [];
  for (const [written] of text.matchAll(/(?:"(?:\\.|[^"\\])*"?|[^ "])+/gs)) {
    const word = written.replace(/"((?:\\.|[^"\\])*)"?/gs, (_, quoted: string) => quoted.replace(/\\(.)/gs, '$1'));
    const last = options.at(-1);
    if (word.startsWith('-') || last === undefined) options.push({ text: written, words: [word] });
    else options.splice(-1, 1, { text: `${last.text} ${written}`, words: [...last.words, word] });
  }
  return options;
}
