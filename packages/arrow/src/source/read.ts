/** Single values, for labels and weights: one per row, so an indirect call each is affordable. */
import { halfTable } from '@lockstep/core/source';
import type { NumberViews } from '@lockstep/core/source';
import type { NumberKind } from '../layout/types.ts';

/** The element at `index`, counted in elements of its kind. */
export type ReadNumber = (views: NumberViews, index: number) => number;

export const READ: Readonly<Record<NumberKind, ReadNumber>> = {
  uint8: (views, index) => views.uint8[index],
  int8: (views, index) => views.int8[index],
  uint16: (views, index) => views.uint16[index],
  int16: (views, index) => views.int16[index],
  uint32: (views, index) => views.uint32[index],
  int32: (views, index) => views.int32[index],
  float32: (views, index) => views.float32[index],
  float64: (views, index) => views.float64[index],
  uint64: ({ uint32 }, index) => uint32[2 * index + 1] * 4_294_967_296 + uint32[2 * index],
  int64: ({ int32, uint32 }, index) => int32[2 * index + 1] * 4_294_967_296 + uint32[2 * index],
  float16: (views, index) => halfTable()[views.uint16[index]],
};
