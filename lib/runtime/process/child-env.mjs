// Plain JavaScript, because `npm start` needs it before anything is compiled.

/**
 * What a child process may know of our environment: how to find programs, folders and libraries, and how people write.
 * Our settings hold passwords and keys, which whoever may look into `/proc` could read from any child; so what is not
 * here is not passed on, and a new secret is safe from its first day.
 */
const PASSED_ON = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TERM',
  'TMPDIR',
  'TMP',
  'TEMP',
  'NODE_OPTIONS',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  // Windows does not start a program without these.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
]);

/**
 * The environment of a child process.
 * @param {Record<string, string>} [own] what this child is told besides
 * @returns {Record<string, string> & NodeJS.ProcessEnv}
 */
export function childEnv(own = {}) {
  const passed = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && (PASSED_ON.has(name.toUpperCase()) || /^LC_[A-Z]+$/.test(name)),
  );
  return { ...Object.fromEntries(passed), ...own };
}
