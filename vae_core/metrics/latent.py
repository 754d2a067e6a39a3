"""How a latent space is arranged."""

import torch
from torch import Tensor

NUM_NEIGHBOURS = 15
ACTIVE_ABOVE = 0.01
MAX_ITERATIONS = 1_000


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
    from sklearn.neighbors import KNeighborsClassifier  # 120 MB, for whoever measures

    num = min(NUM_NEIGHBOURS, len(train_means))
    classifier = KNeighborsClassifier(num).fit(train_means.numpy(), train_labels.numpy())
    return float(classifier.score(test_means.numpy(), test_labels.numpy()))


def linear_probe_accuracy(
    train_means: Tensor, train_labels: Tensor, test_means: Tensor, test_labels: Tensor
) -> float | None:
    """Share of test images whose class a linear classifier reads from their mean.

    Multinomial logistic regression with scikit-learn's L2 penalty (C = 1) on means standardised
    over the training split (Alain & Bengio 2017).

    Args:
        train_means, test_means: (N, D) posterior means.
        train_labels, test_labels: (N,) classes.

    Returns:
        0 to 1; None when the training images are all of one class: nothing to tell apart.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(torch.unique(train_labels)) < 2:
        return None
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=MAX_ITERATIONS))
    probe.fit(train_means.double().numpy(), train_labels.numpy())
    return float(probe.score(test_means.double().numpy(), test_labels.numpy()))


def active_units(means: Tensor) -> int:
    """Count latent dimensions whose posterior mean varies by more than 0.01 over the images.

    A_d = Var_x(E[z_d | x]) > 0.01 (Burda et al. 2016, section 5.2). The others say next to
    nothing about an image: they have collapsed onto the prior.

    Args:
        means: (N, D) posterior means of a VAE.
    """
    return int((means.double().var(0, correction=0) > ACTIVE_ABOVE).sum())
