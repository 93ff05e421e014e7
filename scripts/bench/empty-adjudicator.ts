import { randomBytes } from 'node:crypto'
import type { Decided, Decider } from '../../src/adjudication/decide-batch.ts'
import { readConfig } from '../../src/config.ts'
import { compose, openAdjudication } from '../../src/main.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createLogger } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { startAdjudication } from '../../src/roles/adjudication.ts'
import { startProbes } from '../../src/roles/probes.ts'

/**
 * The adjudication process of P14 without its rules: the first claim is decided in earnest, every later one gets that same decision. So
 * facts, ledger and publication carry as much as ever; only deciding costs nothing.
 */
function emptyDecider(real: Decider): Decider {
  let always: Decided | undefined
  return {
    ...real,
    decide(claim, facts) {
      always ??= real.decide(claim, facts)
      return always
    },
  }
}

const config = readConfig(process.env)
const log = createLogger({ level: config.logLevel })
const composed = compose(config, log)
const end = (reason: string) => {
  log.error('ended', { reason })
  process.exit(1)
}
const opened = await openAdjudication(composed)
const parts = {
  ...opened,
  ...{ config, log, randomBytes, clock: systemClock },
  decider: emptyDecider(opened.decider),
  metrics: createMetrics(),
  keys: composed.keys(),
  keyedHash: composed.keyedHash(),
  pool: await composed.pool(),
  deskPool: await composed.deskPool(),
  deskEligibility: opened.eligibility,
  cache: composed.cache(),
  stream: await composed.stream({ onTrouble: (what, cause) => log.warn(what, {}, cause), onFatal: end }),
}
const adjudication = await startAdjudication(parts, end)
await startProbes(parts, config.port, [adjudication])
process.once('SIGTERM', async () => {
  await adjudication.stop(5_000)
  await composed.close()
  process.exit(0)
})
