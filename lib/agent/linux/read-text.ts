/** Reads a file of the kernel, by its usual path. */
export type ReadText = (path: string) => string;
