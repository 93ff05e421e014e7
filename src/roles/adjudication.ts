import { workerBounds } from '../adjudication/process-batch.ts'
import { startWatchdog } from '../adjudication/watchdog.ts'
import { startWorker } from '../adjudication/worker.ts'
import type { Parts, Role } from './parts.ts'

/** Consumes claims and decides them until stopped. A stall that no error tells of ends the process through `onFatal`. */
export async function startAdjudication(parts: Parts, onFatal: (reason: string) => void): Promise<Role> {
  const { stream, ledger, gatherFacts, decider, clock, config, log, metrics } = parts
  const worker = await startWorker({
    stream,
    ledger,
    gatherFacts,
    decider,
    clock,
    bounds: { ...workerBounds, batchRecordsMax: config.batchClaimsMax },
    events: {
      onBatch(batch) {
        metrics.batch(batch)
        for (const { rule, severity, effect, count } of batch.findings) metrics.found(rule, severity, effect, count)
      },
      onTrouble(what, cause) {
        metrics.trouble(`adjudication.${what}`)
        log.warn('adjudication.trouble', { part: what }, cause)
      },
    },
  })
  const backEndsAnswer = async () => stream.trouble() === undefined && (await ledger.trouble()) === undefined
  const watchdog = startWatchdog({
    waiting: worker.waiting,
    lastProgressAt: worker.lastProgressAt,
    backEndsAnswer,
    clock,
    onStall: (ms) => onFatal(`nothing was decided for ${Math.round(ms / 1000)} s while claims wait and every back end answers`),
  })
  return {
    async reasons() {
      const ledgerTrouble = await ledger.trouble()
      return ledgerTrouble === undefined ? [] : [`ledger: ${ledgerTrouble}`]
    },
    async stop(deadlineMs) {
      await watchdog.stop()
      await worker.stop(deadlineMs)
    },
  }
}
