import { eligibilityBounds } from '../eligibility/create-eligibility.ts'
import type { DeskEligibility } from '../eligibility/eligibility.ts'
import { createUpstreamEligibility } from '../eligibility/upstream.ts'
import { createUpstreamClient } from '../eligibility/upstream-client.ts'
import type { Parts } from './parts.ts'

/** What the desk asks: the own register, and behind it an upstream one where the configuration names it. */
export function deskRegister({ config, deskEligibility, cache, clock, keyedHash, log }: Parts): DeskEligibility {
  if (config.registerUrl === '') return deskEligibility
  const { eligibilityFreshMs: freshMs, eligibilityNoneFreshMs: noneFreshMs, eligibilityKeepMs: keepMs } = config
  return createUpstreamEligibility({
    own: deskEligibility,
    askUpstream: createUpstreamClient({
      ...{ url: config.registerUrl, clock },
      bounds: { answerMsMax: config.registerAnswerMsMax, inflightMax: config.registerInflightMax },
    }),
    ...{ cache, clock, keyedHash, log, olderDays: config.registerOlderDays },
    bounds: { ...eligibilityBounds, freshMs, noneFreshMs, keepMs },
  })
}
