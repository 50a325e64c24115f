// All scenarios, in the order of the table.
import { BANK_SCENARIOS } from './bank.scenarios.js';
import { HALF_OPEN } from './half-open.scenario.js';
import { LIST_APPEND_SCENARIOS } from './list-append.scenarios.js';
import { NETWORK_SCENARIOS } from './network.scenarios.js';
import { POOL_SCENARIOS } from './pool.scenarios.js';
import type { Scenario } from './scenario.js';
import { SERVER_SCENARIOS } from './server.scenarios.js';
import { SESSION_SCENARIOS } from './session.scenarios.js';

export const SCENARIOS: readonly Scenario[] = [
  ...POOL_SCENARIOS,
  ...NETWORK_SCENARIOS,
  HALF_OPEN,
  ...SERVER_SCENARIOS,
  ...SESSION_SCENARIOS,
  ...BANK_SCENARIOS,
  ...LIST_APPEND_SCENARIOS,
];
