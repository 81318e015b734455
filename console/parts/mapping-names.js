/** How mappings and their channels are named to the reader. */

/** [[channel id, its name], …] of the channels that have a mapping, and of `chosen` although it has none. */
export function channelChoices(mappings, chosen = "") {
  const names = new Map(mappings.map((mapping) => [mapping.kook_channel_id, mapping.kook_channel_name]));
  if (chosen && !names.has(chosen)) names.set(chosen, chosen);
  return [...names].map(([id, name]) => [id, name ? `# ${name}` : id]);
}
