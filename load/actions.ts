import type { ClaimFormat, ClaimPlan, ClaimSize } from './claims.ts'
import { seededRandom } from './random.ts'

/** Shares of what is filed; the rest are new claims. Each 0–1. */
export interface Mix {
  readonly sizes: Readonly<Record<ClaimSize, number>>
  readonly xml: number
  readonly resend: number
  readonly version: number
  readonly void: number
}
export type Action = { readonly kind: 'file'; readonly plan: ClaimPlan } | { readonly kind: 'void'; readonly sequence: number }

export interface Actions {
  next(): Action
  /** A claim whose first content was acknowledged may be sent again, corrected or voided from now on. */
  acknowledged(plan: ClaimPlan): void
}

/** How many acknowledged claims are remembered for resends, versions and voids. */
const REMEMBERED_MAX = 10_000

/** Decides what comes next; everything but the order of acknowledgements follows from the seed. */
export function createActions(mix: Mix, seed: number): Actions {
  const random = seededRandom(seed)
  const remembered: { plan: ClaimPlan; revisions: number; voided: boolean }[] = []
  let sequence = 0

  function anyRemembered() {
    return remembered[Math.floor(random() * remembered.length)]
  }
  function freshPlan(): ClaimPlan {
    const drawn = random()
    const format: ClaimFormat = random() < mix.xml ? 'xml' : 'json'
    return { sequence: sequence++, size: sizeAt(mix.sizes, drawn), format, revision: 0 }
  }

  return {
    next() {
      const drawn = random()
      const { resend, version } = mix
      if (drawn < resend) {
        const again = anyRemembered()
        // The same content by the other door is the same content.
        if (again) return { kind: 'file', plan: { ...again.plan, format: random() < mix.xml ? 'xml' : 'json' } }
      } else if (drawn < resend + version) {
        const corrected = anyRemembered()
        if (corrected && !corrected.voided && corrected.revisions < 8)
          return { kind: 'file', plan: { ...corrected.plan, revision: ++corrected.revisions } }
      } else if (drawn < resend + version + mix.void) {
        const voided = anyRemembered()
        if (voided && !voided.voided) {
          voided.voided = true
          return { kind: 'void', sequence: voided.plan.sequence }
        }
      }
      return { kind: 'file', plan: freshPlan() }
    },
    acknowledged(plan) {
      if (plan.revision !== 0 || resendsNothing(mix) || remembered.length >= REMEMBERED_MAX) return
      if (!remembered.some((known) => known.plan.sequence === plan.sequence))
        remembered.push({ plan, revisions: 0, voided: false })
    },
  }
}

const resendsNothing = (mix: Mix) => mix.resend + mix.version + mix.void === 0

function sizeAt(sizes: Mix['sizes'], drawn: number): ClaimSize {
  if (drawn < sizes.small) return 'small'
  return drawn < sizes.small + sizes.typical ? 'typical' : 'large'
}

/** Planned arrival times in milliseconds from the start: Poisson (exponential gaps) or evenly spaced. */
export function arrivals(options: { rate: number; seconds: number; kind: 'poisson' | 'uniform'; seed: number }): Float64Array {
  const random = seededRandom(options.seed)
  const gapMs = 1_000 / options.rate
  const times: number[] = []
  for (let at = 0; ; ) {
    at += options.kind === 'uniform' ? gapMs : -Math.log(1 - random()) * gapMs
    if (at >= options.seconds * 1_000) return Float64Array.from(times)
    times.push(at)
  }
}
