import { startRegisterFeed } from '../eligibility/feed.ts'
import { MEMBERS_TOPIC } from '../eligibility/feed-record.ts'
import type { Parts, Role } from './parts.ts'

/** Keeps the register as the topic of members has it, until stopped. */
export async function startRegisterFeedRole(parts: Parts): Promise<Role> {
  const { stream, pool, keyedHash, eligibility, ledger, metrics, log } = parts
  const feed = await startRegisterFeed({
    ...{ stream, pool, keyedHash, eligibility, log },
    offsets: (partitions) => ledger.offsets(MEMBERS_TOPIC, partitions),
    onTrouble(what, cause) {
      metrics.trouble(`register.${what}`)
      log.warn('register.trouble', { part: what }, cause)
    },
  })
  return { reasons: async () => [], stop: (deadlineMs) => feed.stop(deadlineMs) }
}
