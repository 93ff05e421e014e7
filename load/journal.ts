import type { Told } from './told.ts'

/** What is known of one content under an MA_LK. */
export type Standing = 'acknowledged' | 'unknown' | 'refused'

interface FiledContent {
  /** Sends that were not answered, or not conclusively: each may have been stored. */
  open: number
  acknowledged: boolean
  contentSha256: string | undefined
  decisionSha256: string | undefined
  /** T_BHTT as decided. */
  fundPays: string | undefined
  /** Some send was answered 200. */
  seenDecided: boolean
}
export interface FiledClaim {
  readonly encounterId: string
  claimId: string | undefined
  /** label of the content (its revision, or `void`) → what was told of it */
  readonly contents: Map<string, FiledContent>
}

/** The submitter's memory: what was sent and what was answered, nothing else. The check afterwards knows only this. */
export interface Journal {
  /** Before the request leaves: from here until an answer it may be stored. */
  sent(encounterId: string, content: string): void
  answered(encounterId: string, content: string, told: Told): void
  readonly claims: ReadonlyMap<string, FiledClaim>
  /** Answers that contradict an earlier answer about the same claim or content. */
  readonly contradictions: readonly string[]
}

/** Acknowledged beats unknown beats refused. */
export const standingOf = (content: FiledContent): Standing =>
  content.acknowledged ? 'acknowledged' : content.open > 0 ? 'unknown' : 'refused'

export function createJournal(): Journal {
  const claims = new Map<string, FiledClaim>()
  const contradictions: string[] = []

  function claimOf(encounterId: string): FiledClaim {
    let claim = claims.get(encounterId)
    if (!claim) {
      claim = { encounterId, claimId: undefined, contents: new Map() }
      claims.set(encounterId, claim)
    }
    return claim
  }

  /** What is known once never changes. */
  function same(what: string, known: string | undefined, told: string | undefined): string | undefined {
    if (known !== undefined && told !== undefined && known !== told) contradictions.push(`${what} was ${known}, then ${told}`)
    return known ?? told
  }

  return {
    claims,
    contradictions,
    sent(encounterId, label) {
      const { contents } = claimOf(encounterId)
      const content = contents.get(label)
      if (content) content.open++
      else
        contents.set(label, {
          open: 1,
          acknowledged: false,
          contentSha256: undefined,
          decisionSha256: undefined,
          fundPays: undefined,
          seenDecided: false,
        })
    },
    answered(encounterId, label, told) {
      const claim = claimOf(encounterId)
      const content = claim.contents.get(label)
      if (!content) throw new Error('an answer to what was never sent')
      if (told.outcome === 'unconfirmed' || told.outcome === 'broken') return
      content.open--
      if (told.outcome === 'refused') return
      content.acknowledged = true
      content.seenDecided ||= told.outcome === 'decided'
      if (told.claimId === undefined || told.contentSha256 === undefined)
        contradictions.push(`${encounterId}: an acknowledgement without claimId or contentSha256`)
      claim.claimId = same(`${encounterId}: claimId`, claim.claimId, told.claimId)
      content.contentSha256 = same(`${encounterId}: contentSha256`, content.contentSha256, told.contentSha256)
      content.fundPays = same(`${encounterId}: T_BHTT`, content.fundPays, told.fundPays)
      content.decisionSha256 = same(`${encounterId}: decision`, content.decisionSha256, told.decisionSha256)
    },
  }
}
