import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { startAgent } from '../lib/agent/agent';
import { formatDuration, SECOND } from '../lib/model/time/duration';
import { failWith, readDuration, readLabels, readTransport } from './arguments';

const USAGE = `Sends this machine's metrics to a Pulseboard server.

npm run agent -- [options]
  --url URL          the server (http://127.0.0.1:3000)
  --transport post   post: HTTP requests; ws: one WebSocket
  --interval 1s      time between two readings
  --host NAME        what this machine is called (${hostname()})
  --label k=v        a label for everything sent; may be given several times
  --key KEY          the server's ingest key; better in the variable PULSEBOARD_KEY, which no process list shows`;

function main(): void {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      transport: { type: 'string', default: 'post' },
      interval: { type: 'string', default: '1s' },
      host: { type: 'string', default: hostname() },
      label: { type: 'string', multiple: true, default: [] },
      key: { type: 'string', default: process.env.PULSEBOARD_KEY },
      help: { type: 'boolean', default: false },
    },
  });
  // What reads this machine may start programs, which need not know it.
  delete process.env.PULSEBOARD_KEY;
  if (values.help) {
    console.log(USAGE);
    return;
  }

  const intervalMs = readDuration('--interval', values.interval, { atLeastMs: SECOND / 10 });
  const agent = startAgent({
    url: values.url,
    key: values.key || undefined,
    transport: readTransport(values.transport),
    intervalMs,
    host: values.host,
    labels: readLabels(values.label),
    say: (message) => console.error(`agent: ${message}`),
  });
  console.log(`Sending the metrics of ${values.host} to ${values.url} every ${formatDuration(intervalMs)}.`);
  endWith(agent);
}

/** Under a parent (the server's local agent) the channel to it decides; otherwise the usual signals do. */
function endWith(agent: { close(): Promise<void> }): void {
  const end = () => agent.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  if (process.channel) {
    process.once('disconnect', () => process.exit(0));
    // The terminal's Ctrl-C reaches the whole group; the parent will end this process when it is done itself.
    process.on('SIGINT', () => {});
  } else {
    process.once('SIGINT', end);
  }
}

try {
  main();
} catch (error) {
  failWith(error, USAGE);
}
