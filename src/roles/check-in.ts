import { createCheckInStore } from '../check-in/check-in-store.ts'
import { createOnce } from '../check-in/once.ts'
import { CHECK_INS_TOPIC } from '../check-in/record.ts'
import { startRecorder } from '../check-in/recorder.ts'
import type { Parts, Role } from './parts.ts'

/** Writes check-ins from the stream into the ledger until stopped. */
export async function startCheckInRecorder(parts: Parts): Promise<Role> {
  const { stream, ledger, deskPool, cache, clock, keyedHash, metrics, log } = parts
  const recorder = await startRecorder({
    stream,
    store: createCheckInStore(deskPool, keyedHash, clock),
    once: createOnce({ sql: deskPool, cache, clock }),
    offsets: (partitions) => ledger.offsets(CHECK_INS_TOPIC, partitions),
    clock,
    onTrouble(what, cause) {
      metrics.trouble(`check-in.${what}`)
      log.warn('check-in.trouble', { part: what }, cause)
    },
  })
  return { reasons: async () => [], stop: (deadlineMs) => recorder.stop(deadlineMs) }
}
