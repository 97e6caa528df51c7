import { openblasFolder } from '../peers/registry.ts';

/** What is measured: C = A · B on arrays that lie in one memory, sizes and leading dimensions in elements. */
export type Sgemm = (
  m: number,
  n: number,
  k: number,
  a: Float32Array,
  aTransposed: boolean,
  b: Float32Array,
  bTransposed: boolean,
  c: Float32Array,
) => void;

export interface OpenBlas {
  readonly sgemm: Sgemm;
  readonly path: string;
  /** The library's own words: version, and the processor that it has kernels for. */
  readonly config: string;
  readonly core: string;
}

/** Row-major; not transposed and transposed: the constants of CBLAS. */
const ROW_MAJOR = 101;
const AS_IS = 111;
const TRANSPOSED = 112;

/** A build for one thread first; the others are held to one thread by the environment that this process is given. */
const VARIANTS = ['serial', 'pthread', 'openmp'];

/** OpenBLAS called through koffi, or why it cannot be. A call costs about 0.3 µs more than from C. */
export async function loadOpenBlas(): Promise<OpenBlas | { readonly absent: string }> {
  const folder = VARIANTS.map(openblasFolder).find((found) => found !== null);
  if (folder === undefined) return { absent: 'no OpenBLAS: Debian has it in libopenblas0-serial' };
  let koffi: typeof import('koffi').default;
  try {
    ({ default: koffi } = await import('koffi'));
  } catch (error) {
    return { absent: `koffi cannot be loaded: ${error instanceof Error ? error.message : String(error)}` };
  }
  const path = `${folder}/libblas.so.3`;
  const library = koffi.load(path);
  const config = library.func('const char *openblas_get_config()') as () => string;
  const core = library.func('const char *openblas_get_corename()') as () => string;
  const cblas = library.func(
    'void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, void *a, int lda, void *b, int ldb, float beta, void *c, int ldc)',
  ) as (...values: (number | Float32Array)[]) => void;
  const sgemm: Sgemm = (m, n, k, a, aTransposed, b, bTransposed, c) => {
    const ta = aTransposed ? TRANSPOSED : AS_IS;
    const tb = bTransposed ? TRANSPOSED : AS_IS;
    cblas(ROW_MAJOR, ta, tb, m, n, k, 1, a, aTransposed ? m : k, b, bTransposed ? k : n, 0, c, n);
  };
  return { sgemm, path, config: config(), core: core() };
}
