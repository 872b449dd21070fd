/** How PyTorch runs a network: eagerly, eagerly in its channels-last memory format, or with `torch.compile`. */
export const peerModes = ['eager', 'channels-last', 'compiled'] as const;
export type PeerMode = (typeof peerModes)[number];

/** Of `--peer-mode`: `fastest` measures all of them and takes, for each row, the one with the lowest median. */
export const peerChoices = [...peerModes, 'fastest'] as const;
export type PeerChoice = (typeof peerChoices)[number];

export function modesOf(choice: PeerChoice): readonly PeerMode[] {
  return choice === 'fastest' ? peerModes : [choice];
}
