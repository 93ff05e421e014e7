import { benefitRateHere, copayHere } from '../adjudication/benefit-rate-here.ts'
import type { CheckIns } from '../check-in/check-in.ts'
import { createCheckInStore } from '../check-in/check-in-store.ts'
import { createLookUp } from '../check-in/coverage/look-up.ts'
import { type CheckInDeps, createCheckIns } from '../check-in/create-check-in.ts'
import { disasterAlert } from '../check-in/disaster.ts'
import { createDisasterWatch, type DisasterWatch } from '../check-in/disaster-watch.ts'
import { type CheckEligibility, createEligibilityCheck } from '../check-in/eligibility-check.ts'
import { createKeepRecord } from '../check-in/keep-record.ts'
import { createNationalRows, type NationalRows } from '../check-in/national-rows.ts'
import { createNoteLooks } from '../check-in/note-looks.ts'
import { createOfflineKeys, type OfflineKeys } from '../check-in/offline.ts'
import { createOfflineEntries, type OfflineEntries } from '../check-in/offline-entries.ts'
import { createOnce } from '../check-in/once.ts'
import type { Referrals } from '../check-in/referrals.ts'
import { createSlipAtDesk } from '../check-in/slip-at-desk.ts'
import { createTickets } from '../check-in/tickets.ts'
import { openTrustStore } from '../check-in/trust/trust-store.ts'
import { createFindVisits } from '../check-in/visits-known.ts'
import { createLedger } from '../ledger/postgres-ledger.ts'
import { createGuardedSql } from '../platform/guarded-sql.ts'
import { seldom } from '../platform/seldom.ts'
import { deskRegister } from './desk-register.ts'
import { openReferrals } from './open-referrals.ts'
import type { Parts } from './parts.ts'

export interface Desk {
  readonly checkIns: CheckIns
  readonly nationalRows: NationalRows
  readonly checkEligibility: CheckEligibility
  readonly referrals: Referrals
  readonly disasters: DisasterWatch
  readonly offlineKeys: OfflineKeys
  readonly entries: OfflineEntries
  close(): Promise<void>
}

/** What stands behind the desk: its own connections to Postgres, the trust folder, and the decision's own code for rates. */
export async function openDesk(parts: Parts): Promise<Desk> {
  const {
    config,
    deskPool,
    cache,
    clock,
    keyedHash,
    stream,
    deskEligibility: eligibility,
    rulebook,
    randomBytes,
    metrics,
    log,
  } = parts
  const warn = seldom(clock, (what, cause) => log.warn('check-in.trouble', { part: what }, cause))
  const onTrouble = (what: string, cause: unknown) => {
    metrics.trouble(`check-in.${what}`)
    warn(what, cause)
  }
  const trust = await openTrustStore({
    folder: config.trustDir,
    allowTest: config.profile !== 'production',
    clock,
    onChange: ({ taken, snapshot }) => log.info(taken ? 'trust.changed' : 'trust.not-taken', { count: snapshot.anchors.length }),
  })
  const store = createCheckInStore(deskPool, keyedHash, clock)
  /** For what has another way when Postgres does not answer. */
  const asked = createGuardedSql(deskPool, clock)
  const disasters = createDisasterWatch({
    ...{ pool: deskPool, eligibility, clock, onTrouble },
    lookupMsMax: config.checkInLookupMsMax,
  })
  await disasters.start()
  const referrals = openReferrals(parts, disasters)
  const deps: CheckInDeps = {
    ...{ store, cache, keyedHash, clock, randomBytes, onTrouble },
    eligibility: deskRegister(parts),
    findReferrals: (ids) => eligibility.findReferrals(ids),
    findVisits: createFindVisits(asked, createLedger({ ...deskPool, ...asked }), clock),
    benefitRateHere: (question) => benefitRateHere(rulebook, question),
    copayHere: (question, visits) => copayHere(rulebook, question, visits),
    trust: trust.current,
    once: createOnce({ sql: asked, cache, clock }),
    tickets: createTickets({ sql: asked, cache, clock }),
    keep: createKeepRecord({ stream, store, clock, onTrouble }),
    lookupMsMax: config.checkInLookupMsMax,
    disasterAt: disasters.at,
    slipAtDesk: createSlipAtDesk(referrals, onTrouble),
  }
  const noteLook = createNoteLooks({ store, stream, clock, onTrouble })
  const check = createEligibilityCheck({ lookUp: createLookUp(deps), noteLook, keyedHash, clock })
  const checkEligibility: CheckEligibility = async (request) => {
    const [answer, disaster] = await Promise.all([check(request), disasters.at(request.facilityCode, clock.now())])
    return disaster === undefined ? answer : { ...answer, alerts: [disasterAlert(disaster), ...answer.alerts] }
  }
  return {
    ...{ checkIns: createCheckIns(deps), checkEligibility, referrals, disasters },
    nationalRows: createNationalRows({ sql: deskPool, store, keyedHash, clock }),
    offlineKeys: createOfflineKeys({ keyedHash, clock, randomBytes }),
    entries: createOfflineEntries(deskPool, clock, onTrouble),
    async close() {
      trust.close()
      await disasters.stop()
    },
  }
}
