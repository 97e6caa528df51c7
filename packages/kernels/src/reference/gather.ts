import type { Gather, GatherKernels } from '../table/gather.ts';
import type { MemoryViews } from './memoryViews.ts';

type ReadNumber = (data: DataView, address: number) => number;

/** The bits of a row's number. */
const ROW_BITS = 0x0fffffff;

/** Rows of a window as features. */
export function referenceGather(views: MemoryViews): GatherKernels {
  const gather =
    (bytes: number, read: ReadNumber): Gather =>
    (out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem) => {
      const { data } = views;
      for (let i = 0; i < count; i++) {
        const row = data.getUint32((rows >>> 0) + i * 4, true) & ROW_BITS;
        for (let j = 0; j < width; j++) {
          const number = read(data, (source >>> 0) + row * sourceStride + j * bytes);
          const term = perItem === 0 ? 0 : j * 8;
          const difference = number - data.getFloat64((subtract >>> 0) + term, true);
          const feature = difference * data.getFloat64((factor >>> 0) + term, true);
          data.setFloat32((out >>> 0) + i * outStride + j * 4, feature, true);
        }
      }
    };
  return {
    gatherUint8: gather(1, (data, address) => data.getUint8(address)),
    gatherInt8: gather(1, (data, address) => data.getInt8(address)),
    gatherUint16: gather(2, (data, address) => data.getUint16(address, true)),
    gatherInt16: gather(2, (data, address) => data.getInt16(address, true)),
    gatherUint32: gather(4, (data, address) => data.getUint32(address, true)),
    gatherInt32: gather(4, (data, address) => data.getInt32(address, true)),
    gatherUint64: gather(8, (data, address) => Number(data.getBigUint64(address, true))),
    gatherInt64: gather(8, (data, address) => Number(data.getBigInt64(address, true))),
    gatherFloat16: gather(2, (data, address) => float16(data.getUint16(address, true))),
    gatherFloat32: gather(4, (data, address) => data.getFloat32(address, true)),
    gatherFloat64: gather(8, (data, address) => data.getFloat64(address, true)),
  };
}

/** The value of an IEEE 754 binary16. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}
