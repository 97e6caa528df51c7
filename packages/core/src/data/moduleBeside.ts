/** URL of the module `name` in the folder of the one with this URL: TypeScript where that one is, else compiled as it is. */
export function moduleBeside(url: string, name: string): string {
  return new URL(`./${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url).href;
}
