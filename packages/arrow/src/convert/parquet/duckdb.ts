/** DuckDB as a reader of Parquet, where @duckdb/node-api is installed: what is used of it, and with which settings. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A column of a chunk. `items` is there in vectors of numbers; it and `validity` are what `getItem` reads one by one. */
export interface DuckVector {
  getItem(index: number): unknown;
  readonly items?: unknown;
  readonly validity?: { readonly data?: unknown };
}

export interface DuckListVector extends DuckVector {
  getEntryOffset(index: number): number;
  getEntryLength(index: number): number;
  readonly childVector: DuckVector;
}

export interface DuckChunk {
  readonly rowCount: number;
  getColumnVector(column: number): DuckVector;
}

export interface DuckResult {
  readonly columnCount: number;
  columnType(column: number): { toString(): string };
  fetchChunk(): Promise<DuckChunk | null>;
}

export interface DuckConnection {
  run(sql: string): Promise<unknown>;
  stream(sql: string): Promise<DuckResult>;
  closeSync(): void;
}

interface DuckInstance {
  connect(): Promise<DuckConnection>;
  closeSync(): void;
}

export interface DuckDB {
  readonly DuckDBInstance: { create(path: string, options: Record<string, string>): Promise<DuckInstance> };
}

/** undefined where it is not installed, or not for this system. */
export async function importDuckDB(): Promise<DuckDB | undefined> {
  try {
    return await import('@duckdb/node-api');
  } catch {
    return undefined;
  }
}

/** One thread, so that rows come in the order of the file; nothing is fetched, and nothing is kept. */
const OPTIONS: Readonly<Record<string, string>> = {
  threads: '1',
  memory_limit: '1GiB',
  preserve_insertion_order: 'true',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_persistent_secrets: 'false',
  enable_external_file_cache: 'false',
  // Neither the user's home nor the working directory; nothing is written there either.
  home_directory: join(tmpdir(), 'lockstep-duckdb'),
  extension_directory: join(tmpdir(), 'lockstep-duckdb'),
  secret_directory: join(tmpdir(), 'lockstep-duckdb'),
  temp_directory: '',
};

export interface OpenDuckDB {
  readonly connection: DuckConnection;
  close(): void;
}

/** A connection that may read `paths` and no other file. */
export async function openDuckDB(duckdb: DuckDB, paths: readonly string[]): Promise<OpenDuckDB> {
  const instance = await duckdb.DuckDBInstance.create(':memory:', { ...OPTIONS });
  let connection: DuckConnection | undefined;
  const close = (): void => {
    connection?.closeSync();
    instance.closeSync();
  };
  try {
    connection = await instance.connect();
    await connection.run(`SET allowed_paths = [${paths.map(quoted).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return { connection, close };
  } catch (error) {
    close();
    throw error;
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
