import { addDays, addMonths, addWorkingDays } from '../../domain/calendar.ts'
import type { CalendarDate } from '../../domain/claim.ts'
import type { Referral } from '../../domain/facts.ts'
import { type Rulebook, type Slice, sliceOn } from '../../domain/rulebook.ts'
import type { Context } from './context.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'

/** A slip is `GIAY_CHUYEN_TUYEN` with `MA_NOI_DI`. */
export const hasSlip = ({ claim }: Pick<Context, 'claim'>): boolean =>
  claim.referralSlip !== undefined && claim.referredFrom !== undefined

type SlipContext = Pick<Context, 'claim' | 'facts' | 'arrivedOn' | 'rulebook'>

/** What the register of slips says of the claim's slip. */
type SlipReading =
  /** No register of slips was ever loaded. */
  | { readonly kind: 'not-loaded' | 'unavailable' | 'valid' }
  | { readonly kind: 'older' | 'unknown'; readonly asOf: string }
  | { readonly kind: 'other-facility'; readonly of: Referral }
  | { readonly kind: 'signed-later' | 'expired'; readonly of: Referral; readonly until: string }
  | { readonly kind: 'used'; readonly of: Referral }

/** Reads the slip that the claim names against the register; the caller knows that there is one. */
function readSlip(context: SlipContext): SlipReading {
  const { claim, facts, arrivedOn } = context
  const { referrals } = facts
  if (referrals.kind === 'unavailable') return { kind: 'unavailable' }
  if (referrals.asOf === null) return { kind: 'not-loaded' }
  const slips = referrals.kind === 'known' ? referrals.value : []
  const of = slips.find(({ id }) => id === claim.referralSlip)
  const { asOf } = referrals
  if (of === undefined) return { kind: asOf < arrivedOn ? 'older' : 'unknown', asOf }
  if (of.to !== claim.facilityCode) return { kind: 'other-facility', of }
  if (of.signedAt > arrivedOn) return { kind: 'signed-later', of, until: of.signedAt }
  const until = lastDayOf(of, context)
  if (until !== undefined && arrivedOn > until.value) return { kind: 'expired', of, until: until.value }
  if (of.kind === 're-visit' && of.usedBy !== null && of.usedBy !== claim.encounterId) return { kind: 'used', of }
  return { kind: 'valid' }
}

/** The last day on which a slip may be presented, with the value of the law that says so; undefined where the law of the day is not to hand. */
function lastDayOf(
  slip: Referral,
  { rulebook: { parameters } }: SlipContext,
): Pick<Slice<string>, 'value' | 'legalBasis'> | undefined {
  if (slip.validTo !== null) return { value: slip.validTo, legalBasis: [] }
  return slip.kind === 're-visit' ? undefined : lastDayByLaw(slip.kind, slip.signedAt, parameters)
}

/** The last day that the law gives a slip signed on a day; undefined where the law of that day is not to hand. */
export function lastDayByLaw(
  kind: 'transfer' | 'one-year',
  signedAt: CalendarDate,
  parameters: Pick<Rulebook['parameters'], 'referralMonths' | 'referralWorkingDays'>,
): Pick<Slice<string>, 'value' | 'legalBasis'> | undefined {
  const ofYear = kind === 'one-year'
  const length = sliceOn(ofYear ? parameters.referralMonths : parameters.referralWorkingDays, signedAt)
  if (length === undefined) return undefined
  const { value, legalBasis } = length
  return { value: ofYear ? addDays(addMonths(signedAt, value), -1) : addWorkingDays(signedAt, value), legalBasis }
}

const refuted = new Set<SlipReading['kind']>(['unknown', 'other-facility', 'signed-later', 'expired', 'used'])

/** How a claim's slip bears on its route: `stands` with or without a register to check it, `fails` where a register speaks against it. */
export function slipStanding(context: SlipContext): 'none' | 'stands' | 'unchecked' | 'fails' {
  if (!hasSlip(context)) return 'none'
  const { kind } = readSlip(context)
  if (refuted.has(kind) || earlierUse(context) !== undefined) return 'fails'
  return kind === 'not-loaded' ? 'unchecked' : 'stands'
}

const isRevisit = ({ claim }: SlipContext, reading: SlipReading): boolean =>
  'of' in reading ? reading.of.kind === 're-visit' : claim.visitCategory === '1.5'

/** Another paid visit that used the same re-visit slip. */
function earlierUse(context: SlipContext) {
  const { claim, facts } = context
  if (claim.visitCategory !== '1.5') return undefined
  return facts.visits.find(
    ({ details, outcome }) => outcome !== 'deny' && details.category === '1.5' && details.slip === claim.referralSlip,
  )
}

/** BEN-06: the transfer slip is in the register, for this facility, and was shown in time. */
export const transferSlipIsValid: ClaimRule = {
  id: 'BEN-06',
  version: 1,
  on: 'claim',
  propose(context) {
    if (!hasSlip(context)) return undefined
    const reading = readSlip(context)
    const { arrivedOn } = context
    if (reading.kind === 'unavailable') return { code: 'register_unavailable', severity: 'pend' }
    if (reading.kind === 'older') return pend('register_older', { asOf: reading.asOf, on: arrivedOn })
    if (reading.kind === 'unknown') return pend('slip_unknown', { asOf: reading.asOf })
    if (reading.kind === 'other-facility') return pend('other_facility', { signedAt: reading.of.signedAt })
    if (reading.kind === 'signed-later') return pend('signed_later', { signedAt: reading.of.signedAt, on: arrivedOn })
    if (reading.kind !== 'expired' || isRevisit(context, reading)) return undefined
    const legalBasis = lastDayOf(reading.of, context)?.legalBasis ?? []
    return {
      ...pend('expired', { signedAt: reading.of.signedAt, until: reading.until, on: arrivedOn }),
      ...(legalBasis.length > 0 ? { legalBasis } : {}),
    }
  },
}
const pend = (code: string, inputs: Readonly<Record<string, string>>): Proposal => ({ code, severity: 'pend', inputs })

/** BEN-07: a re-visit slip is used once, in its time. */
export const revisitSlipIsUsedOnce: ClaimRule = {
  id: 'BEN-07',
  version: 1,
  on: 'claim',
  propose(context) {
    if (!hasSlip(context)) return undefined
    const earlier = earlierUse(context)
    if (earlier !== undefined) return pend('used_before', { on: earlier.arrivedAt.slice(0, 10) })
    const reading = readSlip(context)
    if (reading.kind === 'used') return pend('used', { signedAt: reading.of.signedAt })
    if (reading.kind !== 'expired' || !isRevisit(context, reading)) return undefined
    return pend('revisit_expired', { until: reading.until, on: context.arrivedOn })
  },
}

/** BEN-08: a declared stay elsewhere is a matter of days; the proof of it is not in the claim. */
export const temporaryStayIsShort: ClaimRule = {
  id: 'BEN-08',
  version: 1,
  on: 'claim',
  propose({ claim, facts, rulebook, arrivedOn, endedOn }) {
    if (claim.visitCategory !== '1.4') return undefined
    const days = sliceOn(rulebook.parameters.temporaryStayDays, endedOn)
    if (days === undefined) return undefined
    const since = facts.visits
      .filter(
        ({ details, facilityCode, outcome }) =>
          facilityCode === claim.facilityCode && details.category === '1.4' && outcome !== 'deny',
      )
      .map(({ arrivedAt }) => arrivedAt.slice(0, 10))
      .sort()[0]
    const inputs = { days: String(days.value) }
    return since !== undefined && addDays(since, days.value) <= arrivedOn
      ? pend('stays_on', { ...inputs, since, on: arrivedOn })
      : { code: 'proof_not_to_hand', severity: 'warn', inputs }
  },
}

/** Rules about transfer and re-visit slips, temporary residence (stage 3). */
export const slipRules: readonly Rule[] = [transferSlipIsValid, revisitSlipIsUsedOnce, temporaryStayIsShort]
