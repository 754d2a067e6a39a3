// Which pictures can be seen: the others need not be drawn.

const MARGIN = "120px"; // a little more than the window, so that scrolling finds them drawn

/**
 * @param {(job: object) => void} appear called for a job that comes into sight.
 * @returns {{sees: (job: object) => boolean, close: () => void}} sees: whether job.element is in
 *   sight, as nothing (null) always is; from the first time it is asked, `appear` is called for it.
 */
export function watchSight(appear) {
  const jobs = new Map();
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) {
          visible.add(target);
          appear(jobs.get(target));
        } else visible.delete(target);
      }
    },
    { rootMargin: MARGIN },
  );
  return {
    sees: (job) => {
      if (job.element === null) return true;
      if (!jobs.has(job.element)) {
        jobs.set(job.element, job);
        observer.observe(job.element);
      }
      return visible.has(job.element);
    },
    close: () => observer.disconnect(),
  };
}
