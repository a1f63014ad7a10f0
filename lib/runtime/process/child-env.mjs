// Plain JavaScript, because `npm start` needs it before anything is compiled.

/**
 * What a child process may know of our environment: how to find programs, folders and libraries, and how people write.
 * Our settings hold passwords and keys, and a user who can read `/proc` could read them from any child. So only these
 * variables are passed on, and a new secret is not among them.
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
 * @param {Record<string, string>} [own] variables for this child alone
 * @returns {Record<string, string> & NodeJS.ProcessEnv}
 */
export function childEnv(own = {}) {
  const passed = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && (PASSED_ON.has(name.toUpperCase()) || /^LC_[A-Z]+$/.test(name)),
  );
  return { ...Object.fromEntries(passed), ...own };
}
