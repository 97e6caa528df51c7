/** A small Parquet file with every kind of page that hyparquet-writer makes. */
import { ByteWriter, parquetWrite } from 'hyparquet-writer';

export async function smallParquet(): Promise<Uint8Array> {
  const rows = Array.from({ length: 60 }, (_, i) => i);
  const writer = new ByteWriter();
  await parquetWrite({
    writer,
    columnData: [
      { name: 'n', data: rows.map((i) => (i % 7 === 0 ? null : i)) },
      { name: 's', data: rows.map((i) => `word ${i % 5}`) },
      { name: 'd', data: rows.map((i) => BigInt(i * i)), encoding: 'DELTA_BINARY_PACKED' },
      { name: 'f', data: rows.map((i) => i / 3), encoding: 'BYTE_STREAM_SPLIT' },
      { name: 't', data: rows.map((i) => `text ${i}`), encoding: 'DELTA_BYTE_ARRAY' },
      { name: 'b', data: rows.map((i) => i % 3 === 0) },
      { name: 'l', data: rows.map((i) => (i % 9 === 0 ? null : [i, i + 1])) },
    ],
    schema: [
      { name: 'root', num_children: 7 },
      { name: 'n', type: 'INT32', repetition_type: 'OPTIONAL' },
      { name: 's', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'd', type: 'INT64', repetition_type: 'OPTIONAL' },
      { name: 'f', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      { name: 't', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'b', type: 'BOOLEAN', repetition_type: 'REQUIRED' },
      { name: 'l', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ],
    rowGroupSize: 40,
  });
  return writer.getBytes();
}
