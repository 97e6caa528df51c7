/** What a function may do with an array, for checks: what a typed array answers with silence is an error. */
export function guardedArray(values: Float64Array, name: string, isWritable: boolean): Float64Array {
  const requirePlace = (key: string | symbol, what: string): void => {
    if (typeof key === 'symbol' || !/^-?[\d.]+$/.test(key)) return;
    const index = Number(key);
    if (Number.isInteger(index) && index >= 0 && index < values.length) return;
    throw new RangeError(`${name}[${key}] is ${what}, and ${name} has ${values.length} numbers`);
  };
  return new Proxy(values, {
    get(target, key) {
      requirePlace(key, 'read');
      const value: unknown = Reflect.get(target, key, target);
      // Methods of typed arrays want the array itself.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set(target, key, value) {
      if (!isWritable) throw new TypeError(`${name}[${String(key)}] is written, and ${name} is to be read only`);
      requirePlace(key, 'written');
      return Reflect.set(target, key, value, target);
    },
  });
}
