import { noVisitDetails, type VisitDetails } from '../domain/facts.ts'

/** How details of a visit stand in a row; `null`: it has nothing to say but its dates. */
export function visitDetailsText({ category, slip, exams, supply }: VisitDetails): string | null {
  if (category === '' && slip === null && exams.length === 0 && supply.length === 0) return null
  return JSON.stringify({ category, exams, slip, supply })
}

export function visitDetailsOfText(text: string | null): VisitDetails {
  return text === null ? noVisitDetails : (JSON.parse(text) as VisitDetails)
}
