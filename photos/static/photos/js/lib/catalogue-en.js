// The English catalogue is empty: the keys are the English texts.
export default {};
