import { PANEL_WIDTH } from '@lockstep/kernels';
import { type Argument, elementsOf, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';

/**
 * How a layer wants the gradient of its output: zero where `mask`, its own output, is not positive (the gradient of ReLU),
 * and a second time in packed panels, as the right operand of its parameters' gradients. The layer above writes it so in
 * the product that computes it.
 */
export interface GradientForm {
  readonly mask: RowMatrix | null;
  readonly packed: PackedRows;
}

/** A matrix [batch rows, columns] in panels: any range of its rows is written, and read as the k of a product, in place. */
export interface PackedRows {
  readonly address: number;
  /** Bytes from one panel to the next. */
  readonly stride: number;
}

const PANEL_BYTES = PANEL_WIDTH * 4;

/** Bytes of a packed matrix, and the distance of its panels. */
export function packedSize(rows: number, columns: number): { readonly bytes: number; readonly stride: number } {
  const stride = rows * PANEL_BYTES;
  return { bytes: Math.ceil(columns / PANEL_WIDTH) * stride, stride };
}

/** Address of the first row that the call is for. */
export function packedRowsOf(packed: PackedRows): Argument {
  return { one: packed.address, start: PANEL_BYTES };
}

/** Brings a gradient that was written plainly into its form: for losses, and layers whose kernels cannot. */
export function convertGradient(form: GradientForm, gradient: RowMatrix): KernelCall[] {
  const { mask, packed } = form;
  const { columns } = gradient;
  const rows = rowsOf(gradient);
  const pack: KernelCall = {
    kernel: 'packPanels',
    arguments: [packedRowsOf(packed), packed.stride, rows, columns * 4, 4, { rows: 1 }, columns],
  };
  if (mask === null) return [pack];
  return [{ kernel: 'reluGradient', arguments: [rows, rows, rowsOf(mask), elementsOf(columns)] }, pack];
}
