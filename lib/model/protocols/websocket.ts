import { lines, type Protocol } from './protocol';

export const websocket: Protocol = {
  name: 'WebSocket',
  senders: 'Pulseboard’s own agent, and programs that keep one connection open',
  arrives: {},
  configs: [
    {
      title: 'The agent',
      text: ({ origin, key }) =>
        lines(
          key !== null && `export PULSEBOARD_KEY=${key}`,
          `npm run agent -- --transport ws --url ${origin}`,
        ),
    },
    {
      title: 'Node.js, with ws',
      text: ({ origin, key }) =>
        lines(
          "import { WebSocket } from 'ws';",
          `const socket = new WebSocket('${origin.replace(/^http/, 'ws')}/api/ingest'${key === null ? '' : `, { headers: { authorization: 'Bearer ${key}' } }`});`,
          "socket.on('message', (answer) => console.log(String(answer)));",
          'socket.on(\'open\', () => socket.send(\'{"seq":1,"host":"my-server","samples":[{"name":"cpu_usage_percent","value":42}]}\'));',
        ),
    },
  ],
  docs: 'docs/websocket.md',
};
