import { PANEL_WIDTH } from '@lockstep/kernels';
import { type Argument, elementsOf, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';

/**
 * How a layer wants the gradient of its output: zero where `mask`, its own output, is not positive (the gradient of ReLU),
 * and a second time in packed panels, as the right operand of its parameters' gradients. The layer above writes it so in
 * the product that computes it.
 */
export interface GradientForm {
  readonly mask: RowMatrix | null;
  readonly packed: PackedRows | null;
}

/** As it is computed: for layers that only pass gradients on, and for gradients that come from several readers. */
export const PLAIN: GradientForm = { mask: null, packed: null };

/** A matrix [batch rows, columns] in panels: any range of its rows is written, and read as the k of a product, in place. */
export interface PackedRows {
  readonly address: number;
  /** Bytes from one panel to the next. */
  readonly stride: number;
}

const PANEL_BYTES = PANEL_WIDTH * 4;

/** A few of these are read together, as a shard. */
const GROUP_ROWS = 128;

/**
 * Bytes of a packed matrix, and the distance of its panels. The distance is an odd number of groups of rows: the same
 * rows of all panels, which a product reads one after the other again and again, then share out the sets of a
 * second-level cache. At a power of two they would all fall into a few.
 */
export function packedSize(rows: number, columns: number): { readonly bytes: number; readonly stride: number } {
  const groups = Math.ceil(rows / GROUP_ROWS);
  const stride = (groups > 1 ? (groups | 1) * GROUP_ROWS : rows) * PANEL_BYTES;
  return { bytes: Math.ceil(columns / PANEL_WIDTH) * stride, stride };
}

/** Address of the first row that the call is for. */
export function packedRowsOf(packed: PackedRows): Argument {
  return { one: packed.address, start: PANEL_BYTES };
}

/** Brings a gradient that was written plainly into its form: for losses, and layers whose kernels cannot. */
export function convertGradient(form: GradientForm, gradient: RowMatrix): KernelCall[] {
  const { mask, packed } = form;
  const { columns, rowBytes } = gradient;
  const rows = rowsOf(gradient);
  const calls: KernelCall[] = [];
  if (mask !== null) {
    calls.push({ kernel: 'reluGradient', arguments: [rows, rows, rowsOf(mask), elementsOf(gradient)] });
  }
  if (packed !== null) {
    const place = packedRowsOf(packed);
    calls.push({ kernel: 'packPanels', arguments: [place, packed.stride, rows, rowBytes, 4, { rows: 1 }, columns] });
  }
  return calls;
}
