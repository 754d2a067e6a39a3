"""How a latent space is arranged."""

from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

NUM_NEIGHBOURS = 15


def knn_accuracy(
    train_means: Tensor, train_labels: Tensor, test_means: Tensor, test_labels: Tensor
) -> float:
    """Share of test images whose class is that of most of their 15 nearest training means.

    Args:
        train_means, test_means: (N, D) posterior means.
        train_labels, test_labels: (N,) classes.

    Returns:
        0 to 1 (Cover & Hart 1967; Euclidean distance, equal votes).
    """
    num = min(NUM_NEIGHBOURS, len(train_means))
    classifier = KNeighborsClassifier(num).fit(train_means.numpy(), train_labels.numpy())
    return float(classifier.score(test_means.numpy(), test_labels.numpy()))
