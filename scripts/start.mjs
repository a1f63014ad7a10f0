// `npm start`. Says in a sentence that Node is too old, so an old Node must be able to parse it: no static import and
// no top-level await here.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 9)) {
  console.error(
    `Pulseboard needs Node.js 20.9 or newer; this is ${process.version}. Get a current one from https://nodejs.org/.`,
  );
  process.exitCode = 1;
} else {
  import('./launch.mjs').then(({ launch }) => launch());
}
