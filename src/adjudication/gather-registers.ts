import type { CalendarDate, Claim, ClaimLine } from '../domain/claim.ts'
import type { CatalogueList, Facts, Member, Referral, RegisterFact, Relation } from '../domain/facts.ts'
import type { Eligibility } from '../eligibility/eligibility.ts'
import { NEVER_WHOLE } from '../eligibility/row-copies.ts'
import type { MemberIdentifiers } from '../national/reading.ts'
import { codesToFind, listOf } from './stages/listing.ts'

/** What the registers say of one claim. */
export type RegisterFacts = Pick<
  Facts,
  'member' | 'facility' | 'catalogue' | 'relations' | 'referrals' | 'practitioners' | 'checkIn'
>
interface Asking {
  readonly claim: Claim
  readonly identifiers: MemberIdentifiers
}

/** In the order asked; each register is asked once for all, whatever their number. */
export async function gatherRegisters(eligibility: Eligibility, asking: readonly Asking[]): Promise<readonly RegisterFacts[]> {
  const claims = asking.map(({ claim }) => claim)
  const facilityCodes = [...new Set(claims.map(({ facilityCode }) => facilityCode))]
  const askMembers = eligibility.findMembers(asking.map(({ identifiers }) => identifiers))
  const askRelations = eligibility.findRelations(claims.map(relatedCodes)).then((facts) => facts.map(withinClaim(claims)))
  const [members, facilities, relations, catalogues, referrals, practitioners] = await Promise.all([
    askMembers,
    eligibility.findFacilities(facilityCodes),
    askRelations,
    askRelations.then((facts) =>
      eligibility.findCatalogues(
        claims.map((claim, index) => ({ facilityCode: claim.facilityCode, codes: catalogueCodes(claim, facts[index]!) })),
      ),
    ),
    askMembers.then((facts) =>
      eligibility.findReferrals(facts.map((fact, index) => personalIdOf(fact, asking[index]!.identifiers))),
    ),
    eligibility.findPractitioners(claims.map(practitionersOf)),
  ])
  const facilityOf = new Map(facilityCodes.map((code, index) => [code, facilities[index]!]))
  return claims.map((claim, index) => ({
    member: members[index]!,
    facility: facilityOf.get(claim.facilityCode)!,
    catalogue: catalogues[index]!,
    relations: relations[index]!,
    referrals: slipsFor(claim, referrals[index]!),
    practitioners: practitioners[index]!,
    checkIn: { kind: 'none', asOf: null },
  }))
}

function kept<T>(fact: RegisterFact<readonly T[]>, keep: (row: T) => boolean): RegisterFact<readonly T[]> {
  return fact.kind === 'known' ? { ...fact, value: fact.value.filter(keep) } : fact
}

/** Slips that were issued here are no register of the paper ones: a claim that names another is as if none were loaded. */
function slipsFor(claim: Claim, fact: RegisterFact<readonly Referral[]>): RegisterFact<readonly Referral[]> {
  const slips = kept(fact, (slip) => mayMatter(slip, claim))
  const isIssuedHere = slips.kind === 'known' && slips.value.some(({ id }) => id === claim.referralSlip)
  return slips.kind === 'known' && slips.asOf === NEVER_WHOLE && !isIssuedHere ? { kind: 'none', asOf: null } : slips
}

/** A line's code and the technique it belongs to, each also without the mark of how it was done. */
const techniqueOf = ({ code, serviceCode }: ClaimLine): readonly string[] =>
  (serviceCode === undefined || serviceCode === code ? [code] : [code, serviceCode]).flatMap(withoutMark)
const withoutMark = (code: string): readonly string[] => codesToFind({ kind: 'service', code })
const relatedCodes = ({ lines }: Claim): readonly string[] => lines.flatMap(techniqueOf)

/** Between two codes of the claim; at whose price a code of the claim is paid. */
function withinClaim(claims: readonly Claim[]) {
  return (fact: RegisterFact<readonly Relation[]>, index: number): RegisterFact<readonly Relation[]> => {
    if (fact.kind !== 'known' || fact.value.length === 0) return fact
    const codes = new Set(relatedCodes(claims[index]!))
    return kept(fact, ({ kind, other }) => kind === 'priced-as' || codes.has(other))
  }
}

/** Of every line its code; of a supply also the technique that it was used in; and whose price a code may be paid at. */
function catalogueCodes(claim: Claim, relations: RegisterFact<readonly Relation[]>): { list: CatalogueList; code: string }[] {
  const pricedAs = relations.kind === 'known' ? relations.value.filter(({ kind }) => kind === 'priced-as') : []
  return [
    ...claim.lines.flatMap((line) => codesToFind(line).map((code) => ({ list: listOf(line), code }))),
    ...claim.lines.flatMap(({ kind, serviceCode }) =>
      kind === 'supply' && serviceCode !== undefined ? services(serviceCode) : [],
    ),
    ...pricedAs.flatMap(({ other }) => services(other)),
  ]
}

const services = (code: string) => codesToFind({ kind: 'service', code }).map((one) => ({ list: 'service' as const, code: one }))

const practitionersOf = ({ lines }: Claim): readonly string[] =>
  lines.flatMap(({ orderedBy, performedBy }) => [...orderedBy, ...performedBy])

const PERSONAL_ID_LENGTH = 12

function personalIdOf(member: RegisterFact<Member>, { personalId }: MemberIdentifiers): string | undefined {
  const known = member.kind === 'known' ? member.value.personalId : null
  return known ?? (personalId?.length === PERSONAL_ID_LENGTH ? personalId : undefined)
}

/** The slip that the claim names, and every one that was valid at some time from a year before the visit on; one without an end is for a year. */
function mayMatter({ id, signedAt, validTo }: Referral, claim: Claim): boolean {
  if (id === claim.referralSlip) return true
  const validUntil = validTo ?? yearLater(signedAt)
  return signedAt <= claim.endedAt.slice(0, 10) && yearLater(validUntil) >= claim.arrivedAt.slice(0, 10)
}

/** Compares as a date; 29 February of a common year stands between its neighbours. */
const yearLater = (day: CalendarDate): CalendarDate => `${Number(day.slice(0, 4)) + 1}${day.slice(4)}`
