import { dataDir, postmasterPid } from '@/test/support/embedded';
import { durabilityCase } from './case/durability.case.test';

durabilityCase(async () => {
  const { path, remove } = dataDir('pulseboard-durability');
  return { place: path, postmaster: ({ folder }) => postmasterPid(folder), close: remove };
});
