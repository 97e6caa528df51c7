/** Worker threads of this process that have not ended, as Node's diagnostic report lists them. */
export function liveWorkers(): number {
  // Without looking up the names of network addresses.
  Object.assign(process.report, { excludeNetwork: true });
  return (process.report.getReport() as { workers: unknown[] }).workers.length;
}
