import type { Member, Visit } from '../../domain/facts.ts'

export type CopayFigure = Member['copayCounted'][number]

/** The register's figure of a calendar year. */
export const copayFigure = (member: Member | undefined, year: number): CopayFigure | undefined =>
  member?.copayCounted.find((entry) => entry.year === year)

/** Of the visits known, those whose co-pay counts beside the register's figure: of the same calendar year, ended after its `asOf`. */
export function countedVisits(visits: readonly Visit[], figure: CopayFigure | undefined, year: number): readonly Visit[] {
  return visits.filter(({ endedAt }) => {
    const endedOn = endedAt.slice(0, 10)
    return Number(endedOn.slice(0, 4)) === year && (figure === undefined || endedOn > figure.asOf)
  })
}
