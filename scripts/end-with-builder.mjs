// Loaded into the compiler and its workers: they end when the process that builds is gone, however that came about.
const builder = Number(process.env.BUILDER);
const timer = setInterval(() => {
  try {
    process.kill(builder, 0);
  } catch {
    process.exit(1);
  }
}, 200);
timer.unref();
