import { type LoadOptions, type LoadRun, openLoad } from './load';

// The load generator in a process of its own, so that it does not share an event loop with what it measures.
const options: LoadOptions = JSON.parse(process.argv[2]);
const load = await openLoad(options);
process.on('message', async (plan: LoadRun) => {
  process.send?.(await load.run(plan));
});
process.on('disconnect', () => load.close());
process.send?.('ready');
