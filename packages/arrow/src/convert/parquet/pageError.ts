/** What is wrong with a page; whoever knows file, row group and column makes FILE_INVALID of it. */
export class PageError extends Error {}
