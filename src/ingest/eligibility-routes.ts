import checkInSchema from '../../schemas/check-in.json' with { type: 'json' }
import commonSchema from '../../schemas/common.json' with { type: 'json' }
import schema from '../../schemas/eligibility-check.json' with { type: 'json' }
import type { CheckEligibility } from '../check-in/eligibility-check.ts'
import { LookNotNoted } from '../check-in/note-looks.ts'
import { Problem } from '../platform/problem.ts'
import { compile } from '../platform/schema.ts'
import type { Role } from './access/access.ts'
import { jsonContent } from './json-content.ts'
import type { ReadBytes } from './read-bytes.ts'
import { jsonReply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'

export interface EligibilityRouteDeps {
  readonly checkEligibility: CheckEligibility
  readonly readBytes: ReadBytes
  readonly bounds: {
    /** Questions under way in this process; above it the desk is told to come back. */
    readonly inflightMax: number
    readonly bodyBytesMax: number
  }
}

interface WireQuestion {
  readonly member: {
    readonly cardNumber?: string
    readonly personalId?: string
    readonly socialInsuranceNumber?: string
    readonly fullName: string
    readonly birthDate: string
  }
  readonly at?: string
  readonly visit?: { readonly MA_DOITUONG_KCB?: string; readonly MA_LOAI_KCB?: string }
  readonly staff?: { readonly name: string; readonly personalId?: string }
}

const ASKING_ROLES: readonly Role[] = ['facility', 'kiosk', 'insurer']
const OUTPATIENT = '01'
const check = compile<WireQuestion>(schema, { references: [commonSchema, checkInSchema] })

/** `POST /v1/eligibility-checks`: like the check-ins, beside the admission of claims and with a bound of its own. */
export function addEligibilityRoutes(router: Router, { checkEligibility, readBytes, bounds }: EligibilityRouteDeps): void {
  let underWay = 0

  async function answer(request: CallerRequest) {
    const { bodyBytesMax: bytesMax } = bounds
    const question = await jsonContent(request, readBytes, { check, bytesMax, invalid: 'check_in.invalid' })
    const { facilityCode, clientId } = request.caller
    const answered = await checkEligibility({
      ...{ facilityCode, clientId, requestId: request.id, at: question.at },
      member: statedOf(question.member),
      visit: {
        category: question.visit?.MA_DOITUONG_KCB ?? '',
        careType: question.visit?.MA_LOAI_KCB ?? OUTPATIENT,
      },
      staff: question.staff && { name: question.staff.name, personalId: question.staff.personalId },
    })
    return jsonReply(200, answered)
  }

  router.guarded('POST', '/v1/eligibility-checks', ASKING_ROLES, async (request) => {
    if (underWay >= bounds.inflightMax) throw new Problem('gateway.overloaded')
    underWay += 1
    try {
      return await answer(request)
    } catch (thrown) {
      throw thrown instanceof LookNotNoted ? notNoted(thrown) : thrown
    } finally {
      underWay -= 1
    }
  })
}

function statedOf({ cardNumber, personalId, socialInsuranceNumber, fullName, birthDate }: WireQuestion['member']) {
  return { cardNumber, personalId, socialInsuranceNumber, fullName, birthDate }
}

function notNoted(cause: unknown): Problem {
  return new Problem('ledger.unavailable', {
    detail: {
      vi: 'Chưa ghi được nhật ký tra cứu nên chưa trả kết quả. Hãy gửi lại, hoặc tiếp đón người bệnh ngay.',
      en: 'The look-up could not be noted, so nothing is shown. Send it again, or check the patient in at once.',
    },
    cause,
  })
}
