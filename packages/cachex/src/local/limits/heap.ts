import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** How full the heap is. */
export interface HeapGauge {
  /** What is used of what this process may use, from 0 to 1: garbage that was not collected yet counts as used. */
  share(): number;
  /** Calls `told` after each collection of the whole heap; returns what ends that. */
  watch(told: () => void): () => void;
}

/** The heap of this process. */
export const processHeap: HeapGauge = {
  share() {
    const { used_heap_size, heap_size_limit } = getHeapStatistics();
    return used_heap_size / heap_size_limit;
  },
  watch(told) {
    const observer = new PerformanceObserver((list) => {
      const major = list.getEntries().some((entry) => {
        const { detail } = entry as unknown as { readonly detail?: NodeGCPerformanceDetail };
        return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
      });
      if (major) told();
    });
    observer.observe({ entryTypes: ['gc'] });
    return () => observer.disconnect();
  },
};
