/** What is told of one thing to everybody who asks the same: made once for each key. */
export class Answers {
  readonly #answers = new Map<string, Promise<string>>();

  answer(key: string, make: () => Promise<string>): Promise<string> {
    let answer = this.#answers.get(key);
    if (!answer) {
      answer = make();
      this.#answers.set(key, answer);
    }
    return answer;
  }
}
