import type { PeerResult, SettingResult } from '../harness/results.ts';
import { duration, table, times } from '../harness/table.ts';
import type { StepCaseResult } from './run.ts';

/** The table of one case: every setting of every peer, and the ratio for each peer's best. */
export function printSteps(results: readonly StepCaseResult[]): string {
  const texts = results.map((result) => {
    const { name, peers } = result;
    const rows = peers.flatMap((peer) => peer.settings.map((setting) => row(peer, setting)));
    const header = ['peer and setting', 'min', 'median', 'rounds', 'Lockstep is, by minima', 'by medians'];
    return `${name}: time of a step\n\n${[table(header, rows), ...reasons(result)].join('\n')}`;
  });
  const rule = 'Ratios compare the best setting of each with the best of Lockstep; above 1, Lockstep is faster.';
  return `\nTraining steps. ${rule}\n\n${texts.join('\n\n')}`;
}

function row(peer: PeerResult, setting: SettingResult): string[] {
  const title = settingTitle(peer, setting);
  if (setting.microseconds === null) return [title, setting.failure?.kind ?? 'failed', '', '0', '', ''];
  const { min, median } = setting.microseconds;
  const isBest = setting.setting === peer.best && peer.ratio !== null;
  const ratio = isBest && peer.ratio !== null ? [times(peer.ratio.min), times(peer.ratio.median)] : ['', ''];
  const once = setting.steps === 1 ? ' (1 step)' : '';
  const failed = setting.failure === null ? '' : `, then ${setting.failure.kind}`;
  return [title, duration(min), duration(median), `${setting.rounds}${once}${failed}`, ...ratio];
}

function settingTitle({ label }: PeerResult, { setting, note }: SettingResult): string {
  return [label, ...[setting, note].filter((text) => text !== '')].join(', ');
}

function reasons({ peers }: StepCaseResult): string[] {
  return peers.flatMap((peer) =>
    peer.settings.flatMap((setting) =>
      setting.failure === null
        ? []
        : [`${settingTitle(peer, setting)}: ${setting.failure.kind}: ${setting.failure.reason}`],
    ),
  );
}
