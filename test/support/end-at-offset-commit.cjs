// Loaded before a node (`--require`): it ends, as by `kill -9`, where it would tell Kafka what it has stored.
const Broker = require('kafkajs/src/broker');

Broker.prototype.offsetCommit = () => {
  process.kill(process.pid, 'SIGKILL');
};
