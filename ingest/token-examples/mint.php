<?php
// Mints a beacon token for a signed-in person, with what PHP brings alone.

declare(strict_types=1);

function toPart(string $raw): string
{
    return rtrim(strtr(base64_encode($raw), '+/', '-_'), '=');
}

/** The person as claims: an id that is a number becomes text; what is null, such as an unknown department, is left out. */
function toClaims(array $person): array
{
    $claims = array_filter($person, fn ($value) => $value !== null);
    if (is_int($claims['sub'] ?? null)) {
        $claims['sub'] = (string) $claims['sub'];
    }
    if (isset($claims['consent'])) {
        $claims['consent'] = (object) $claims['consent']; // an empty array would become [], not {}
    }
    return $claims;
}

/**
 * @param string $kid id of the key, as in keys/collector.json
 * @param string $key the key itself, base64url (HS256)
 * @param array $person sub, acct and, for a partner account, ptn
 */
function mintToken(string $site, string $kid, string $key, array $person, int $lifeS = 3600): string
{
    $now = time();
    $header = ['alg' => 'HS256', 'typ' => 'beacon+jwt', 'kid' => $kid];
    $claims = array_merge(toClaims($person), ['iss' => $site, 'aud' => 'roebuck', 'iat' => $now, 'exp' => $now + $lifeS]);
    $signed = toPart(json_encode($header, JSON_THROW_ON_ERROR)) . '.' . toPart(json_encode($claims, JSON_THROW_ON_ERROR));
    $secret = base64_decode(strtr($key, '-_', '+/'));
    return $signed . '.' . toPart(hash_hmac('sha256', $signed, $secret, true));
}

if (PHP_SAPI === 'cli' && isset($argv[1]) && realpath($argv[0]) === __FILE__) {
    // The key comes from the environment, since a command line can be read by others.
    $person = json_decode($argv[1], true, 8, JSON_THROW_ON_ERROR);
    echo mintToken(getenv('BEACON_SITE'), getenv('BEACON_KID'), getenv('BEACON_KEY'), $person), PHP_EOL;
}
