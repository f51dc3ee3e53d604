"""Speech to motion: the audio-rich flow-matching transformer and the exchangeable parts of its sampler."""
