<?php
// Mints a beacon token for a signed-in person, with what PHP brings alone.

declare(strict_types=1);

function toPart(string $raw): string
{
    return rtrim(strtr(base64_encode($raw), '+/', '-_'), '=');
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
    $claims = array_merge($person, ['iss' => $site, 'aud' => 'roebuck', 'iat' => $now, 'exp' => $now + $lifeS]);
    $signed = toPart(json_encode($header, JSON_THROW_ON_ERROR)) . '.' . toPart(json_encode($claims, JSON_THROW_ON_ERROR));
    $secret = base64_decode(strtr($key, '-_', '+/'));
    return $signed . '.' . toPart(hash_hmac('sha256', $signed, $secret, true));
}

if (PHP_SAPI === 'cli' && isset($argv[1]) && realpath($argv[0]) === __FILE__) {
    // The key comes from the environment, since a command line can be read by others.
    $person = json_decode($argv[1], true, 8, JSON_THROW_ON_ERROR);
    echo mintToken(getenv('BEACON_SITE'), getenv('BEACON_KID'), getenv('BEACON_KEY'), $person), PHP_EOL;
}
