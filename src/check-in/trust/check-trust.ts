import type { ChipPolicy } from '../chip/policy.ts'
import type { TrustSnapshot } from './snapshot.ts'

const DAY_MS = 86_400_000
/** Days before its end that an authority is said to end soon: a new root takes months. */
const ENDS_SOON_DAYS = 365

/** Something an operator should look at. `stops`: cards of a state cannot be verified because of it. */
export interface TrustRemark {
  readonly severity: 'stops' | 'warns'
  readonly subject: string
  readonly text: string
}

/** What is wrong or soon will be: files left out, states without a root, roots that end, lists that are missing or old. */
export function checkTrust(snapshot: TrustSnapshot, policy: ChipPolicy, now: number): TrustRemark[] {
  const { anchors, problems, revocationLists } = snapshot
  const remarks: TrustRemark[] = problems.map(({ file, problem }) => ({ severity: 'warns', subject: file, text: problem }))
  for (const { country } of policy.states) {
    const own = anchors.filter(({ certificate }) => certificate.country === country)
    if (own.length === 0) {
      remarks.push({ severity: 'stops', subject: country, text: 'no root is pinned: no card can be better than C1' })
    }
    for (const { certificate, file, kind } of own) {
      const days = Math.floor((certificate.notAfter - now) / DAY_MS)
      if (kind === 'pinned')
        remarks.push({
          severity: 'warns',
          subject: file,
          text: 'not self-signed and linked to no root: trusted by its file alone',
        })
      if (certificate.publicKey === undefined)
        remarks.push({ severity: 'warns', subject: file, text: 'its kind of key is not known: it verifies nothing' })
      if (days < 0) remarks.push({ severity: 'warns', subject: file, text: 'has ended: it vouches for older cards only' })
      else if (days < ENDS_SOON_DAYS) remarks.push({ severity: 'warns', subject: file, text: `ends in ${days} days` })
    }
    for (const issuer of new Set(own.map(({ certificate }) => certificate.subject))) {
      const lists = revocationLists.get(issuer) ?? []
      const newest = Math.max(
        ...lists.map(({ thisUpdate, nextUpdate }) => nextUpdate ?? thisUpdate + policy.revocationListDaysMax * DAY_MS),
      )
      const name = own.find(({ certificate }) => certificate.subject === issuer)!.certificate.subjectText
      if (lists.length === 0)
        remarks.push({ severity: 'warns', subject: name, text: 'has no revocation list: cards are verified, with a lower level' })
      else if (newest < now) remarks.push({ severity: 'warns', subject: name, text: 'has a revocation list that is out of date' })
    }
  }
  return remarks
}
