// Whether things may move by themselves: not for readers who asked their system for less motion.
export const wantsMotion = () => !matchMedia("(prefers-reduced-motion: reduce)").matches;
